from tests.integration.pipeline.conftest import sources

__all__ = ["sources"]
