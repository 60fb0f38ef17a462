"""The engine port on Dask: `engine` asks, `plugin` answers in each worker."""
