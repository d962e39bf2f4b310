"""What system tests are made of: the lab, the daemon in it, and independent clients."""
