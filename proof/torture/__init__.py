"""`darkroom torture`: a Darkroom of its own under load, while everything it stands on is killed, and then the audit."""
