from config.proxy.tests.proxies import render_sections

PROXIES = {"trusted_proxies": ("10.0.0.0/8", "fd00::/8")}
CERTIFICATE = {"origin": "https://ai4ceo.example", "tls_port": 443, "tls_certificates": ("/a",)}


def list_rules(**changes):
    return [
        line.removeprefix("http-request ") for line in render_sections(**changes)["frontend site"]
    ]


def list_protocol_rules(**changes):
    return [line for line in list_rules(**changes) if line.startswith("set-var(txn.proto)")]


def test_deletes_header_names_with_underscores():
    assert "option http-restrict-req-hdr-names delete" in list_rules()


def test_deletes_clients_forwarding_headers_before_setting_its_own():
    rules = list_rules()
    start = rules.index("del-header X-Forwarded- -m beg")
    assert rules[start : start + 6] == [
        "del-header X-Forwarded- -m beg",
        "del-header Forwarded",
        "del-header X-Real-IP",
        "del-header X-Request-Start",
        "set-header X-Forwarded-For %[src]",
        "set-header X-Forwarded-Proto %[var(txn.proto)]",
    ]


def test_trusts_no_proxy_by_default():
    assert list_protocol_rules() == ["set-var(txn.proto) str(http)"]
    assert not any("from_proxy" in line or "set-src" in line for line in list_rules())


def test_requests_over_tls_are_https():
    assert list_protocol_rules(**CERTIFICATE) == [
        "set-var(txn.proto) str(http)",
        "set-var(txn.proto) str(https) if { ssl_fc }",
    ]


def test_trusts_a_proxys_protocol_either_way():
    by_name = "set-var(txn.proto) str({0}) if from_proxy "
    by_name += "{{ req.hdr(X-Forwarded-Proto,-1) -m str -i {0} }}"
    assert list_protocol_rules(**PROXIES, **CERTIFICATE)[2:] == [
        by_name.format("http"),
        by_name.format("https"),
    ]


def test_trusts_ip_addresses_and_networks():
    assert "acl from_proxy src 10.0.0.0/8 fd00::/8" in list_rules(**PROXIES)


def test_walks_the_chain_of_proxies_from_its_end():
    rules = list_rules(**PROXIES)
    start = rules.index("set-var(txn.hops) int(0)")
    assert rules[start - 1] == (r"replace-value X-Forwarded-For '^\[([^]]+)\](:[0-9]+)?$' '\1'")
    assert rules[start + 1 : start + 5] == [
        "set-var(txn.hops) int(1) if from_proxy "
        "{ var(txn.hops) -m int 0 } { hdr_ip(X-Forwarded-For,-1) -m found }",
        "set-src hdr_ip(X-Forwarded-For,-1) if { var(txn.hops) -m int 1 }",
        "set-var(txn.hops) int(2) if from_proxy "
        "{ var(txn.hops) -m int 1 } { hdr_ip(X-Forwarded-For,-2) -m found }",
        "set-src hdr_ip(X-Forwarded-For,-2) if { var(txn.hops) -m int 2 }",
    ]
    assert rules[start + 11] == "del-header X-Forwarded- -m beg"


def test_takes_the_protocol_from_the_peer_only():
    rules = list_rules(**PROXIES)
    last = max(n for n, line in enumerate(rules) if line.startswith("set-var(txn.proto)"))
    assert last < rules.index("set-var(txn.hops) int(0)")
