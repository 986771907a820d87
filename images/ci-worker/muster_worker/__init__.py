"""The CI's workers: one runs what members push, the other one, the deployer, puts packages live."""
