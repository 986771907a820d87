"""Apache's virtual hosts: one for each repository of a workspace, or for each one that is live."""
