"""What the registries have is run as its users install it: the official SDKs as witnesses, unmodified, and Spectral."""
