"""The control of the mock server for tests: state, logs, faults, scripts, snapshots and worlds."""
