"""What goes over the wire: HTTP bodies, websocket frames and problem documents."""
