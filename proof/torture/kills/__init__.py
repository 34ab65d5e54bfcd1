"""The kills: what is killed, how, and when."""
