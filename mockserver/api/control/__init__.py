"""The control plane under `/_mock/`: the methods of Mock, for clients in any language."""
