"""The audience: a process that holds very many websockets and writes down what they hear. See `__main__`."""
