"""The gateway measured: how soon it pushes, what pushing costs those who commit, and what very many sockets weigh."""
