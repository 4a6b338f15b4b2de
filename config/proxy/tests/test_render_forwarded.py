from config.proxy.tests.proxies import rendered

PROXIES = {"trusted_proxies": ("10.0.0.0/8", "fd00::/8")}
CERTIFICATE = {"origin": "https://ai4ceo.example", "tls_port": 443, "tls_certificates": ("/a",)}


def lines(**changes):
    """The rules of the front, without `http-request`."""
    return [line.removeprefix("http-request ") for line in rendered(**changes)["frontend site"]]


def protocol(**changes):
    return [line for line in lines(**changes) if line.startswith("set-var(txn.proto)")]


def test_names_with_underscores_are_removed():
    assert "option http-restrict-req-hdr-names delete" in lines()


def test_what_anybody_says_of_themselves_is_removed_before_it_is_set():
    rules = lines()
    start = rules.index("del-header X-Forwarded- -m beg")
    assert rules[start : start + 6] == [
        "del-header X-Forwarded- -m beg",
        "del-header Forwarded",
        "del-header X-Real-IP",
        "del-header X-Request-Start",
        "set-header X-Forwarded-For %[src]",
        "set-header X-Forwarded-Proto %[var(txn.proto)]",
    ]


def test_nobody_is_believed_by_default():
    assert protocol() == ["set-var(txn.proto) str(http)"]
    assert not any("from_proxy" in line or "set-src" in line for line in lines())


def test_https_is_what_came_by_tls():
    assert protocol(**CERTIFICATE) == [
        "set-var(txn.proto) str(http)",
        "set-var(txn.proto) str(https) if { ssl_fc }",
    ]


def test_a_named_proxy_is_believed_about_the_protocol_either_way():
    by_name = "set-var(txn.proto) str({0}) if from_proxy "
    by_name += "{{ req.hdr(X-Forwarded-Proto,-1) -m str -i {0} }}"
    assert protocol(**PROXIES, **CERTIFICATE)[2:] == [
        by_name.format("http"),
        by_name.format("https"),
    ]


def test_named_proxies_are_addresses_and_networks():
    assert "acl from_proxy src 10.0.0.0/8 fd00::/8" in lines(**PROXIES)


def test_the_chain_of_proxies_is_walked_from_its_end_without_a_gap():
    rules = lines(**PROXIES)
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


def test_the_protocol_is_the_peers_word_not_that_of_whom_it_names():
    rules = lines(**PROXIES)
    last_word = max(n for n, line in enumerate(rules) if line.startswith("set-var(txn.proto)"))
    assert last_word < rules.index("set-var(txn.hops) int(0)")
