//! Which proxy a request goes through: what a proxy's URL may be, and what the environment says.

#[cfg(not(target_arch = "s390x"))]
use std::{env, process::Command};

use fullduplex::{
    ClientRequest, InvalidUrl,
    client::{Proxies, Proxy, ProxyError},
};

#[test]
fn a_proxys_url_says_where_it_is() {
    let cases = [
        ("http://p", "p", 80, "http://p:80"),
        ("HTTP://p:3128/", "p", 3128, "http://p:3128"),
        ("http://p:", "p", 80, "http://p:80"),
        ("http://10.0.0.1:1", "10.0.0.1", 1, "http://10.0.0.1:1"),
        ("http://[fd00::1]", "fd00::1", 80, "http://[fd00::1]:80"),
        ("http://me:secret@p", "p", 80, "http://…@p:80"),
        ("http://:@p", "p", 80, "http://p:80"),
        // RFC 1928 §3; the proxy resolves names with both.
        ("socks5://p", "p", 1080, "socks5://p:1080"),
        ("socks5h://p:9050", "p", 9050, "socks5://p:9050"),
        ("socks5://me:secret@[::1]:65535/", "::1", 65535, "socks5://…@[::1]:65535"),
    ];
    for (url, host, port, shown) in cases {
        let proxy = Proxy::new(url).expect(url);
        assert_eq!((proxy.host(), proxy.port()), (host, port), "{url}");
        assert_eq!(format!("{proxy:?}"), shown, "{url}");
    }
}

#[test]
fn a_proxys_url_that_cannot_be_used_is_refused_by_name() {
    use ProxyError::{Path, Scheme, TlsToProxy};
    let (long, too_long) = ("x".repeat(255), "x".repeat(256));
    let cases = [
        ("", Scheme),
        ("p:3128", Scheme),
        ("ftp://p", Scheme),
        ("socks4://p", Scheme),
        ("ws://p", Scheme),
        ("https://p", TlsToProxy),
        ("HTTPS://", TlsToProxy),
        ("http://p/a", Path),
        ("http://p//", Path),
        ("http://p?a", Path),
        ("http://p#", Path),
        ("http://", InvalidUrl::Host.into()),
        ("http:///", InvalidUrl::Host.into()),
        ("http://a b", InvalidUrl::Host.into()),
        ("http://p:0", InvalidUrl::Port.into()),
        ("http://p:65536", InvalidUrl::Port.into()),
        ("http://a:b@c@p", InvalidUrl::UserInfo.into()),
        ("http://a%3ab:c@p", InvalidUrl::UserInfo.into()),
        ("http://a:b%0d%0aX@p", InvalidUrl::UserInfo.into()),
        // RFC 1929 §2: one byte holds each length.
        ("socks5://:secret@p", InvalidUrl::UserInfo.into()),
        (&format!("socks5://{too_long}:a@p"), InvalidUrl::UserInfo.into()),
        (&format!("socks5://a:{too_long}@p"), InvalidUrl::UserInfo.into()),
    ];
    for (url, error) in cases {
        assert_eq!(Proxy::new(url), Err(error), "{url}");
    }
    for user_info in [format!("{long}:{long}"), format!("{long}:"), "a".into()] {
        assert!(Proxy::new(&format!("socks5://{user_info}@p")).is_ok(), "{user_info}");
    }
    assert!(Proxy::new(&format!("http://{too_long}:{too_long}@p")).is_ok());
}

#[test]
fn a_request_goes_through_the_proxy_that_the_environment_names() {
    /// Variables; then the hosts of the proxies for `ws` and for `wss`.
    type Case =
        (&'static [(&'static str, &'static str)], Option<&'static str>, Option<&'static str>);
    let cases: &[Case] = &[
        (&[], None, None),
        (&[("http_proxy", "http://a")], Some("a"), None),
        (&[("HTTP_PROXY", "http://a")], Some("a"), None),
        (&[("https_proxy", "http://a")], None, Some("a")),
        (&[("HTTPS_PROXY", "socks5://a")], None, Some("a")),
        (&[("all_proxy", "http://a")], Some("a"), Some("a")),
        (&[("ALL_PROXY", "http://a")], Some("a"), Some("a")),
        // The variable for the scheme goes before the one for all, lower case before upper case.
        (&[("all_proxy", "http://a"), ("HTTP_PROXY", "http://b")], Some("b"), Some("a")),
        (&[("all_proxy", "http://a"), ("HTTPS_PROXY", "http://b")], Some("a"), Some("b")),
        (&[("all_proxy", "http://a"), ("ALL_PROXY", "http://b")], Some("a"), Some("a")),
        (&[("http_proxy", "http://a"), ("HTTP_PROXY", "http://b")], Some("a"), None),
        (&[("https_proxy", "http://a"), ("HTTPS_PROXY", "http://b")], None, Some("a")),
        // An empty one is not set; one without a scheme is of HTTP.
        (&[("http_proxy", ""), ("HTTP_PROXY", "http://b")], Some("b"), None),
        (&[("https_proxy", ""), ("all_proxy", "a:8080")], Some("a"), Some("a")),
        (&[("https_proxy", "me:secret@[::1]:8080")], None, Some("::1")),
        // The client of a CGI program writes HTTP_PROXY.
        (&[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://a")], None, None),
        (
            &[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://a"), ("all_proxy", "b")],
            Some("b"),
            Some("b"),
        ),
        // On Windows http_proxy is HTTP_PROXY.
        (
            &[("REQUEST_METHOD", "GET"), ("http_proxy", "http://a")],
            if cfg!(windows) { None } else { Some("a") },
            None,
        ),
        (&[("REQUEST_METHOD", "GET"), ("HTTPS_PROXY", "http://a")], None, Some("a")),
        (&[("REQUEST_METHOD", ""), ("HTTP_PROXY", "http://a")], Some("a"), None),
        // Lower case goes first here too.
        (&[("all_proxy", "a"), ("NO_PROXY", "server.example")], None, None),
        (&[("all_proxy", "a"), ("no_proxy", "x"), ("NO_PROXY", "*")], Some("a"), Some("a")),
        (&[("all_proxy", "a"), ("no_proxy", ""), ("NO_PROXY", "*")], None, None),
        (&[("all_proxy", "a"), ("no_proxy", "server.example:443")], Some("a"), None),
    ];
    for (variables, plain, secure) in cases {
        let proxies = Proxies::from_variables(environment(variables)).unwrap();
        let proxy = |url| proxies.proxy_for(&ClientRequest::new(url).unwrap()).map(Proxy::host);
        assert_eq!(proxy("ws://server.example"), *plain, "{variables:?}");
        assert_eq!(proxy("wss://server.example"), *secure, "{variables:?}");
    }
}

#[test]
fn a_proxy_that_is_set_and_cannot_be_used_is_an_error_and_not_passed_over() {
    let cases = [
        ("http_proxy", "ftp://p", ProxyError::Scheme),
        ("HTTP_PROXY", "http://p/a", ProxyError::Path),
        ("https_proxy", "https://p", ProxyError::TlsToProxy),
        ("HTTPS_PROXY", "p:x", InvalidUrl::Port.into()),
        ("all_proxy", " ", InvalidUrl::Host.into()),
        ("ALL_PROXY", "a@b:s3cret@p", InvalidUrl::UserInfo.into()),
        // As a value that is not Unicode is read.
        ("all_proxy", "\u{fffd}", InvalidUrl::Host.into()),
    ];
    for (name, value, error) in cases {
        let set = Proxies::from_variables(environment(&[(name, value)])).unwrap_err();
        let shown = format!("{set} {set:?}");
        assert!(shown.contains(name) && !shown.contains("s3cret"), "{shown}");
        assert_eq!(set, ProxyError::Variable { name, error: Box::new(error) });
    }
}

#[test]
fn no_proxy_names_the_hosts_that_are_reached_straight() {
    // The list; hosts that it matches; hosts that it does not.
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("", &[], &["a.example", "10.0.0.1", "[fd00::1]"]),
        ("*", &["a.example", "10.0.0.1", "[fd00::1]"], &[]),
        ("x, *", &["a.example"], &[]),
        // A name, and what is below it; in any letter case.
        ("a.example", &["a.example", "b.a.example", "c.b.A.Example"], &["example", "xa.example"]),
        ("A.EXAMPLE", &["a.example", "B.a.example", "a.example."], &["a.example.b"]),
        ("a.example.", &["a.example", "b.a.example"], &["example"]),
        // With a leading dot, only what is below it.
        (".a.example", &["b.a.example"], &["a.example", "xa.example"]),
        ("*.a.example", &["b.a.example", "c.b.a.example"], &["a.example", "xa.example"]),
        // With a port, that port only.
        ("a.example:80", &["a.example", "b.a.example:80"], &["a.example:81"]),
        (".a.example:81", &["b.a.example:81"], &["b.a.example", "a.example:81"]),
        // Addresses are compared as such.
        (
            "10.0.0.1",
            &["10.0.0.1", "10.0.0.1:81", "[::ffff:10.0.0.1]"],
            &["10.0.0.10", "x.10.0.0.1"],
        ),
        ("10.0.0.1:81", &["10.0.0.1:81"], &["10.0.0.1"]),
        ("fd00::1", &["[fd00::1]", "[fd00:0:0::1]:81"], &["[fd00::10]"]),
        ("[fd00::1]", &["[fd00::1]"], &["[fd00::2]"]),
        ("[fd00::1]:81", &["[fd00::1]:81"], &["[fd00::1]"]),
        ("::ffff:10.0.0.1", &["10.0.0.1"], &["10.0.0.2"]),
        // RFC 4632 §3.1, RFC 4291 §2.3: the first bits are alike.
        ("10.0.0.0/8", &["10.0.0.1", "10.255.255.255:81"], &["11.0.0.0", "9.255.255.255"]),
        ("10.1.2.3/31", &["10.1.2.2", "10.1.2.3"], &["10.1.2.1", "10.1.2.4", "[fd00::1]"]),
        ("10.1.2.3/32", &["10.1.2.3"], &["10.1.2.2"]),
        ("0.0.0.0/0", &["1.2.3.4", "255.255.255.255"], &["a.example", "[fd00::1]"]),
        ("fd00::/8", &["[fd00::1]", "[fdff::]"], &["[fe00::]", "10.0.0.1"]),
        ("2001:db8::/33", &["[2001:db8:7fff::1]"], &["[2001:db8:8000::1]"]),
        ("::/0", &["[fd00::1]"], &["10.0.0.1"]),
        ("fd00::1/128", &["[fd00::1]"], &["[fd00::2]"]),
        // Commas or blanks.
        ("a, b\tc  d,,e", &["a", "b", "c", "d", "e"], &["f"]),
        // What is no rule matches nothing.
        (
            "10.0.0.0/33, fd00::/129, 10.0.0.0/, /8, a/8, 10.0.0/8",
            &[],
            &["10.0.0.0", "[fd00::]", "a"],
        ),
        (".,:80,a:x,a:0,*:80,*.,[,[]", &[], &["a", "b.a", "a:80"]),
    ];
    for (list, matched, others) in cases {
        let variables = [("all_proxy", "http://p"), ("no_proxy", list)];
        let proxies = Proxies::from_variables(environment(&variables)).unwrap();
        let goes_straight = |host: &str| {
            let request = ClientRequest::new(&format!("ws://{host}")).unwrap();
            proxies.proxy_for(&request).is_none()
        };
        assert!(matched.iter().all(|host| goes_straight(host)), "{list}: {matched:?}");
        assert!(!others.iter().any(|host| goes_straight(host)), "{list}: {others:?}");
    }
}

#[test]
fn a_loopback_host_is_never_reached_through_a_proxy() {
    let proxies = Proxies::from_variables(environment(&[("all_proxy", "http://p")])).unwrap();
    let cases = [
        ("localhost", true),
        ("LocalHost", true),
        ("localhost.", true),
        ("127.0.0.1", true),
        ("127.255.255.255", true),
        ("[::1]", true),
        ("[0:0:0::1]", true),
        ("[::ffff:127.0.0.1]", true),
        ("xlocalhost", false),
        ("localhost.example", false),
        ("128.0.0.1", false),
        ("0.0.0.0", false),
        ("[::2]", false),
    ];
    for (host, is_loopback) in cases {
        for url in [format!("ws://{host}"), format!("wss://{host}:9001")] {
            let proxy = proxies.proxy_for(&ClientRequest::new(&url).unwrap());
            assert_eq!(proxy.is_none(), is_loopback, "{url}");
        }
    }
}

// An emulated machine starts no program.
#[cfg(not(target_arch = "s390x"))]
#[test]
fn the_environment_of_the_process_is_read() {
    if env::var_os("IS_CHILD").is_some() {
        let proxies = Proxies::from_env().unwrap();
        let proxy = |url| proxies.proxy_for(&ClientRequest::new(url).unwrap()).map(Proxy::host);
        assert_eq!((proxy("ws://a"), proxy("wss://a"), proxy("ws://b")), (Some("p"), None, None));
        return;
    }
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", "the_environment_of_the_process_is_read"])
        .env_clear()
        .envs([("IS_CHILD", "1"), ("http_proxy", "http://p"), ("no_proxy", "b")])
        .status();
    assert!(status.unwrap().success());
}

/// An environment with these variables and no others.
fn environment(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    move |name| {
        let variable = variables.iter().find(|variable| variable.0 == name);
        variable.map(|(_, value)| (*value).into())
    }
}
