"""/asyncapi.json: the websocket as AsyncAPI describes it, made of the models and limits that the gateway obeys."""
