"""What is compared."""

import os
import tempfile
from dataclasses import dataclass

import peers
from servers import BIG, SMALL, Lighttpd, Process

SMALL_PAGE, BIG_PAGE = "x" * SMALL, "x" * BIG

# Headers of the backend's pages.
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "max-age=86400",
    "ETag": '\\"1-2-3\\"',
    "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT",
    "X-Frame-Options": "SAMEORIGIN",
}

# The same as what a hit sends: these, `Date`, `Age` and `Accept-Ranges`.
AS_A_HIT = {**HEADERS, "Age": "100", "Accept-Ranges": "bytes"}

RESPOND = f"""
if req.path =^ "/big" {{ respond 200 => "{BIG_PAGE}"; }} else {{ respond 200 => "{SMALL_PAGE}"; }}
"""

# Longer than the benchmark takes.
NEAR = ', "near_ms" => 3600000'
NO_ENVIRONMENT = ', "environment" => false'


@dataclass
class Subject:
    """Something to be measured, and what it can do."""

    name: str
    server: Process
    # Kinds of cases.
    kinds: tuple = ("hot", "keys", "big")
    # How the same is started under another program, if it is lighttpd2: a function of it.
    again: object = None

    def __hash__(self):
        return hash(self.name)


def header_actions(headers):
    return "".join(f'header.add "{name}" => "{value}";\n' for name, value in headers.items())


def lookup(memcached, options):
    """Hits alone: bodies, which are there."""
    return (f'memcached.lookup (["server" => "127.0.0.1:{memcached.port}"{options}], none,'
            ' { respond 404 => "missed"; });')


def lookup_and_store(memcached, backend, options):
    given = f'["server" => "127.0.0.1:{memcached.port}"{options}]'
    return (f'memcached.lookup ({given}, none, {{ proxy "127.0.0.1:{backend.port}";'
            f' memcached.store {given}; }});')


def cache(memcached, backend, options):
    """Whole responses."""
    return (f'memcached.cache (["server" => "127.0.0.1:{memcached.port}",'
            f' "key" => "w:%{{req.path}}"{NO_ENVIRONMENT}{options}],'
            f' {{ proxy "127.0.0.1:{backend.port}"; }});')


def backend(host):
    """Makes all pages."""
    return Lighttpd(host, header_actions(HEADERS) + RESPOND)


def static(folder):
    for path, page in (("hot", SMALL_PAGE), ("big", BIG_PAGE)):
        with open(os.path.join(folder, path), "w") as out:
            out.write(page)
    return f'docroot "{folder}"; static;'


def start(host, plugin, memcached, origin, started):
    """Everything that there is here to be compared; servers are put into `started` too."""
    subjects = []
    files = tempfile.mkdtemp(prefix="bench-files-")
    os.chmod(files, 0o755)

    def add(name, server, **more):
        started.append(server)
        subjects.append(Subject(name, server, **more))

    def lighttpd(name, actions, library=None, setup="", **more):
        def again(wrapper, env=None, patience=""):
            slow = actions.replace("%PATIENCE%", patience)
            return Lighttpd(host, slow, library, setup, wrapper, env)

        add(name, again(()), again=again, **more)

    def ours(name, make, options, *servers, near=True, **more):
        small_memory = "memcached.near_memory 8mbyte;" if near else ""
        lighttpd(name, make(memcached, *servers, options + "%PATIENCE%"), plugin, small_memory, **more)

    stored = ("hot", "keys", "big", "fresh")
    lighttpd("respond", RESPOND)
    lighttpd("respond, once more", RESPOND)
    lighttpd("respond with headers", header_actions(AS_A_HIT) + RESPOND)
    if host.is_real:
        lighttpd("static", static(files), kinds=("hot", "big"))
    lighttpd("proxy", f'proxy "127.0.0.1:{origin.port}";', kinds=("fresh",))
    ours("near", lookup, NEAR)
    ours("near, environment off", lookup, NEAR + NO_ENVIRONMENT)
    ours("near, whole", cache, NEAR, origin)
    hits = dict(near=False, kinds=("hot", "keys", "big"))
    ours("far", lookup, "", **hits)
    ours("far, environment off", lookup, NO_ENVIRONMENT, **hits)
    ours("far, whole", cache, "", origin, near=False, kinds=stored)
    misses = dict(near=False, kinds=("fresh",))
    ours("lookup and store", lookup_and_store, "", origin, **misses)
    ours("lookup and store, environment off", lookup_and_store, NO_ENVIRONMENT, origin, **misses)
    baseline = os.environ.get("BASELINE_MODULE_DIR")
    if baseline:
        library = os.path.join(os.path.abspath(baseline), "libmod_memcached.so")
        lighttpd("C plugin", lookup_and_store(memcached, origin, ""), library, kinds=stored)
    for name, bodies_alone, server in peers.start(memcached.port, origin.port):
        add(name, server, kinds=("hot", "keys", "big") if bodies_alone else stored)
    return subjects
