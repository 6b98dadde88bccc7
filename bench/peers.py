"""What a user would pick instead, as Debian has it: each in front of the same backend."""

import os
import shutil
import subprocess
import tempfile

from servers import Process, free_port

NGINX = """
{modules}
{user}
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log error;
events {{ worker_connections 4096; }}
http {{
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 1000000000;
	keepalive_timeout 300;
	client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	proxy_cache_path {folder}/cache levels=1:2 keys_zone=pages:32m inactive=1d max_size=1g;
	upstream cache {{ server 127.0.0.1:{memcached}; keepalive 64; }}
	upstream backend {{ server 127.0.0.1:{backend}; keepalive 64; }}
	proxy_http_version 1.1;
	proxy_set_header Connection "";
	server {{
		listen 127.0.0.1:{port} backlog=1024;
		{locations}
	}}
}}
"""

RETURN = 'location / {{ default_type text/html; return 200 "{page}"; }}'

PASS = "location / { set $memcached_key $uri; memcached_pass cache; }"

PROXY_CACHE = "location / { proxy_cache pages; proxy_cache_key $uri; proxy_pass http://backend; }"

SRCACHE = """
		location / {
			set $key srcache:$uri;
			srcache_fetch GET /memc $key;
			srcache_store PUT /memc $key;
			proxy_pass http://backend;
		}
		location = /memc {
			internal;
			set $memc_key $query_string;
			set $memc_exptime 86400;
			memc_pass cache;
		}
"""

APACHE = """
ServerRoot {folder}
ServerName bench.test
PidFile {folder}/pid
DefaultRuntimeDir {folder}
Mutex file:{folder} default
{modules}
{user}
Listen 127.0.0.1:{port}
ErrorLog {folder}/error.log
StartServers 1
ServerLimit 9
ThreadsPerChild 64
MinSpareThreads 64
MaxSpareThreads 576
MaxRequestWorkers 576
KeepAliveTimeout 300
MaxKeepAliveRequests 0
CacheSocache shmcb:{folder}/pages(268435456)
CacheSocacheMaxSize 131072
CacheSocacheMaxTime 86400
CacheEnable socache /
ProxyPass / http://127.0.0.1:{backend}/ keepalive=On
"""

APACHE_MODULES = ("mpm_event", "authz_core", "proxy", "proxy_http", "cache", "cache_socache",
                  "socache_shmcb")


def folder_of(name):
    folder = tempfile.mkdtemp(prefix=f"bench-{name}-")
    os.chmod(folder, 0o777)
    return folder


class Nginx(Process):
    def __init__(self, locations, modules, memcached_port, backend_port):
        folder, port = folder_of("nginx"), free_port()
        user = "user root;" if os.getuid() == 0 else ""
        conf = os.path.join(folder, "nginx.conf")
        with open(conf, "w") as out:
            out.write(NGINX.format(
                modules="\n".join(f"load_module {path};" for path in modules), user=user,
                folder=folder, port=port, memcached=memcached_port, backend=backend_port,
                locations=locations))
        super().__init__(["nginx", "-p", folder, "-c", conf], port, folder,
                         stderr=subprocess.DEVNULL)


class Varnish(Process):
    def __init__(self, backend_port):
        folder, port = folder_of("varnish"), free_port()
        command = ["varnishd", "-F", "-n", folder, "-a", f"127.0.0.1:{port}", "-T", "none",
                   "-b", f"127.0.0.1:{backend_port}", "-s", "malloc,256m", "-j", "none",
                   "-p", "timeout_idle=300"]
        super().__init__(command, port, folder,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Apache(Process):
    def __init__(self, backend_port):
        folder, port = folder_of("apache"), free_port()
        path = "/usr/lib/apache2/modules/mod_{}.so"
        modules = "\n".join(f"LoadModule {name}_module {path.format(name)}"
                            for name in APACHE_MODULES)
        user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
        conf = os.path.join(folder, "apache.conf")
        with open(conf, "w") as out:
            out.write(APACHE.format(folder=folder, port=port, backend=backend_port,
                                    modules=modules, user=user))
        super().__init__(["apache2", "-DFOREGROUND", "-f", conf], port, folder,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def srcache_modules():
    """The three modules of nginx that it takes, where they are installed."""
    folder = "/usr/lib/nginx/modules"
    names = ("ndk_http_module", "ngx_http_srcache_filter_module", "ngx_http_memc_module")
    found = [os.path.join(folder, name + ".so") for name in names]
    present = [path for path in found if os.path.exists(path)]
    wanted = [path for path in present if "ndk" not in path]
    return present if len(wanted) == 2 else []


def start(memcached_port, backend_port):
    """All that are installed: their names, whether items are filled in by others as bodies
    alone, and the servers."""
    ports = (memcached_port, backend_port)
    if shutil.which("nginx"):
        yield "nginx memcached_pass", True, Nginx(PASS, [], *ports)
        modules = srcache_modules()
        if modules:
            yield "nginx srcache + memc", False, Nginx(SRCACHE, modules, *ports)
        yield "nginx proxy_cache", False, Nginx(PROXY_CACHE, [], *ports)
    if shutil.which("varnishd"):
        yield "Varnish", False, Varnish(backend_port)
    if shutil.which("apache2"):
        yield "Apache mod_cache_socache", False, Apache(backend_port)
