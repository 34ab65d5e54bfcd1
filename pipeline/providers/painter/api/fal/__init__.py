"""fal's queue, as the painter speaks it. https://docs.fal.ai/model-apis/model-endpoints/queue"""
