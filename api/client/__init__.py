"""The Python client: what a program needs to submit generations and to watch them develop.

async with Client("http://127.0.0.1:8000", key) as darkroom:
    generation = await darkroom.submit({"prompt": "a lighthouse at dusk"})
    async for event in darkroom.watch(generation["id"]):  # until it is finished
        print(event)
    async for event in darkroom.feed():  # everything, without an end
        print(event)
"""

from api.client.client import Client
from api.client.frames import BatchCounts, BatchEvent, Event, Progress, QueueStanding, Reset, Transition
from api.client.generation import Generation, GenerationPage, Image, TimelineEntry
from api.client.models import Model, Models
from api.client.problem import Problem
from api.client.queue import Lane, Queue
from api.client.webhooks import Delivery, DeliveryPage, Try, WebhookSecret, WholeDelivery
from pipeline.errors import Unreachable
from schema.wire.problem import FieldError

__all__ = [
    "BatchCounts",
    "BatchEvent",
    "Client",
    "Delivery",
    "DeliveryPage",
    "Event",
    "FieldError",
    "Generation",
    "GenerationPage",
    "Image",
    "Lane",
    "Model",
    "Models",
    "Problem",
    "Progress",
    "Queue",
    "QueueStanding",
    "Reset",
    "TimelineEntry",
    "Transition",
    "Try",
    "Unreachable",
    "WebhookSecret",
    "WholeDelivery",
]
