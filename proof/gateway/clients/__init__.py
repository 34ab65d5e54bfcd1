"""The clients: plain websockets with a memory of every frame, and none of the project's own client in them."""
