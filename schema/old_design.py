"""Words of the design that Darkroom replaces, as its tables and its apps have them."""

JOB_TYPES = frozenset(
    {
        "generate-image",
        "generate_image",
        "image-generation",
        "image_generation",
        "process-generation",
        "process_generation",
    }
)
"""What a job may be called; as sql/check_job.sql has them, a test compares."""
CANCELLED = "Cancelled by user"
"""How the old apps tell that a generation was called off: `failed`, with this for an error."""
