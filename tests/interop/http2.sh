# shellcheck shell=bash disable=SC2154 # out, python, examples, …: tests/interop/run, which sources this
# WebSockets over HTTP/2 (RFC 8441): Chromium to the example http2_server, interop_client to servers.

# lines LABEL LOG LINE COUNT: checks that a server has printed LINE that many times, and nothing else since it began.
lines() {
  local printed
  printed=$(grep -vE '^(listening on|open) ' "$2" | sort | uniq -c | sed 's/^ *//' || true)
  if [ "$printed" = "$4 $3" ]; then
    echo "ok $1: the server saw $printed"
  else
    echo "failed $1: the server saw ${printed:-nothing}, instead of $4 $3"
  fi | tee -a $out/results
}

check_http2() {
  local certificate=$out/certificate.pem key=$out/key.pem label log connect='CONNECT Some("websocket")'
  local server=("$examples/http2_server" 127.0.0.1:0 $certificate $key)
  if [[ " ${peers[*]} " == *' Chromium '* ]]; then
    # Each of its checks has a WebSocket.
    label='Chromium → HTTP/2 → http2_server' log=$out/http2_chromium.log
    start $log "${server[@]}"
    check "$label" env TRUST=all node $out/browser.mjs "$url"
    lines "$label" $log "$connect" "$(wc -l <$out/check.results)"
    label='Chromium → HTTP/1.1 → http2_server' log=$out/http1_chromium.log
    start $log "${server[@]}"
    check "$label" env TRUST=all HTTP2=off node $out/browser.mjs "$url"
    lines "$label" $log 'GET None' "$(wc -l <$out/check.results)"
  fi

  local websockets=9 # those of interop_client; all but one are open at once
  local client=(env ADAPTER=http2 ROOTS=$certificate COMPRESSION='15 true 12 true' "$examples/interop_client")
  label='interop_client (http2) → http2_server' log=$out/http2_server.log
  start $log "${server[@]}"
  check "$label" "${client[@]}" "$url"
  lines "$label" $log "$connect" $websockets
  label='interop_client (http2), no TLS → echo_server_axum' log=$out/http2_axum.log
  start $log "$examples/echo_server_axum" 127.0.0.1:0
  check "$label" "${client[@]}" "$url"
  lines "$label" $log "$connect" $websockets
  if [[ " ${peers[*]} " == *' ws '* ]]; then
    label='interop_client (http2) → node:http2' log=$out/http2_node.log
    start $log node $out/http2_server.mjs $certificate $key
    check "$label" "${client[@]}" "$url"
    lines "$label" $log connection 1
  fi
  if [[ " ${peers[*]} " == *' websockets '* ]]; then
    start $out/http2_hypercorn.log "$python" $here/hypercorn_server.py $certificate $key
    check 'interop_client (http2) → hypercorn' "${client[@]}" "$url"
  fi
}
