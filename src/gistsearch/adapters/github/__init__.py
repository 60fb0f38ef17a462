"""GitHub behind the gist source port, over urllib3 (https://docs.github.com/en/rest/gists)."""

from gistsearch.adapters.github.observers import HostObserver, Observe
from gistsearch.adapters.github.proxies import Proxies, Proxy
from gistsearch.adapters.github.source import GitHubGists

__all__ = ["GitHubGists", "HostObserver", "Observe", "Proxies", "Proxy"]
