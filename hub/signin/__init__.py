"""The desk's sign-in: who may try how often, what counts as proof, and how long a session lasts."""
