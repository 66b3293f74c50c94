# shellcheck shell=bash disable=SC2154 # out, python, adapters, …: tests/interop/run, which sources this
# The ways between a client and a server: TLS, reverse proxies, forward proxies.

have_certificate() {
  command -v openssl >/dev/null || install_debian openssl || return
  # No authority: one that stands at the end of a chain is refused.
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
    -keyout $out/key.pem -out $out/certificate.pem 2>$out/openssl.log || { cat $out/openssl.log >&2; return 1; }
  cat $out/certificate.pem $out/key.pem >$out/both.pem
}
have_nginx() { command -v nginx >/dev/null || install_debian nginx-light; }
have_haproxy() { command -v haproxy >/dev/null || install_debian haproxy; }
have_tinyproxy() { command -v tinyproxy >/dev/null || install_debian tinyproxy-bin; }
have_microsocks() { command -v microsocks >/dev/null || install_debian microsocks; }

# Sets `plain` and `secure`: where each listens for the server at $1.
start_nginx() {
  plain=$(free_port) secure=$(free_port)
  mkdir -p $out/nginx
  cat >$out/nginx.conf <<EOF
daemon off;
pid nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  map \$http_upgrade \$connection_upgrade { default upgrade; '' close; }
  server {
    listen 127.0.0.1:$plain;
    listen 127.0.0.1:$secure ssl;
    ssl_certificate $PWD/$out/certificate.pem;
    ssl_certificate_key $PWD/$out/key.pem;
    location / {
      proxy_pass http://$1;
      proxy_http_version 1.1;
      proxy_set_header Host \$http_host;
      proxy_set_header Upgrade \$http_upgrade;
      proxy_set_header Connection \$connection_upgrade;
      proxy_read_timeout 1h;
    }
  }
}
EOF
  start_at "$plain" $out/nginx.log nginx -p "$PWD/$out/nginx" -e stderr -c "$PWD/$out/nginx.conf"
}

start_haproxy() {
  plain=$(free_port) secure=$(free_port)
  cat >$out/haproxy.cfg <<EOF
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
frontend in
  bind 127.0.0.1:$plain
  bind 127.0.0.1:$secure ssl crt $PWD/$out/both.pem alpn http/1.1
  default_backend server
backend server
  server server $1
EOF
  start_at "$plain" $out/haproxy.log haproxy -db -f $out/haproxy.cfg
}

# Sets `proxy`: how the client names it.
start_tinyproxy() {
  local port
  port=$(free_port)
  printf '%s\n' "Port $port" 'Listen 127.0.0.1' 'Allow 127.0.0.1' 'BasicAuth me secret' >$out/tinyproxy.conf
  start_at "$port" $out/tinyproxy.log tinyproxy -d -c $out/tinyproxy.conf
  proxy=http://me:secret@127.0.0.1:$port
}

start_microsocks() {
  local port
  port=$(free_port)
  start_at "$port" $out/microsocks.log microsocks -i 127.0.0.1 -p "$port" -u me -P secret
  proxy=socks5://me:secret@127.0.0.1:$port
}

# check_routes EXAMPLE: the server behind nginx and HAProxy, the clients of each adapter to it over TLS and
# through forward proxies; and Chromium over TLS.
check_routes() {
  local example=$1 server client adapter
  client=$examples/interop_client
  start "$out/routes_$example.log" "$examples/$example" 127.0.0.1:0
  server=${url#ws://}
  for front in nginx haproxy; do
    need $front have_$front || continue
    start_$front "$server"
    for adapter in "${adapters[@]}"; do
      check "interop_client ($adapter) → $front → $example" env ADAPTER="$adapter" "$client" "ws://127.0.0.1:$plain"
      check "interop_client ($adapter) → TLS → $front → $example" \
        env ADAPTER="$adapter" ROOTS=$out/certificate.pem "$client" "wss://localhost:$secure"
    done
    if [[ " ${peers[*]} " == *' Chromium '* ]]; then
      check "Chromium → TLS → $front → $example" env TRUST=all node $out/browser.mjs "wss://localhost:$secure"
    fi
  done
  for way in tinyproxy microsocks; do
    need $way have_$way || continue
    start_$way
    for adapter in "${adapters[@]}"; do
      check "interop_client ($adapter) → $way → $example" \
        env ADAPTER="$adapter" PROXY="$proxy" "$client" "ws://$server"
      # The one that was started last.
      [ -z "${secure:-}" ] || check "interop_client ($adapter) → $way → TLS → $front → $example" \
        env ADAPTER="$adapter" PROXY="$proxy" ROOTS=$out/certificate.pem "$client" "wss://localhost:$secure"
    done
  done
}
