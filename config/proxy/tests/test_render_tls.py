from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.proxy.tests.proxies import FRONT, rendered
from config.proxy.tls import trial

TLS = {
    "origin": "https://ai4ceo.example",
    "tls_port": 443,
    "tls_certificates": ("/etc/ai4ceo/site.pem",),
}


def redirects(**changes):
    return [line for line in rendered(**changes)["frontend site"] if " redirect " in line]


def test_without_a_certificate_there_is_no_tls():
    sections = rendered()
    assert not any("ssl" in line for line in sections["global"] + sections["frontend site"])
    assert redirects() == []


def test_the_protocols_and_ciphers_are_mozillas_intermediate():
    lines = rendered(**TLS)["global"]
    assert [line for line in lines if "ssl" in line] == [
        "ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
        "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
        "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
        "ssl-default-bind-ciphersuites "
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
        "ssl-default-bind-curves X25519:prime256v1:secp384r1",
        "ssl-default-bind-options prefer-client-ciphers ssl-min-ver TLSv1.2 no-tls-tickets",
        "ssl-load-extra-files none",
    ]


def test_a_connection_of_http_2_has_few_requests_at_once():
    assert "tune.h2.max-concurrent-streams 10" in rendered(**TLS)["global"]


def test_it_listens_on_both_ports_and_offers_http_2():
    assert rendered(**TLS, bind="10.0.0.1")["frontend site"][:2] == [
        "bind 10.0.0.1:8000",
        "bind 10.0.0.1:443 ssl crt /etc/ai4ceo/site.pem alpn h2,http/1.1",
    ]


def test_several_certificates_are_for_several_names():
    names = TLS | {"tls_certificates": ("/a.pem", "/b c.pem"), "bind": "::"}
    line = rendered(**names)["frontend site"][1]
    assert line == r"bind [::]:443 ssl crt /a.pem crt /b\ c.pem alpn h2,http/1.1"


def test_http_is_redirected_to_the_sites_own_origin_but_for_probes():
    assert redirects(**TLS) == [
        "http-request redirect prefix https://ai4ceo.example code 301 "
        "unless { var(txn.proto) -m str https } or { path /healthz /readyz }"
    ]


def test_behind_a_proxy_that_ends_tls_http_is_redirected_as_well():
    assert len(redirects(origin="https://ai4ceo.example:8443")) == 1


def test_the_redirect_comes_before_any_backend_and_after_who_asks():
    lines = rendered(**TLS)["frontend site"]
    (redirect,) = redirects(**TLS)
    assert lines.index("http-request set-var(txn.proto) str(https) if { ssl_fc }") < lines.index(
        redirect
    )
    assert lines.index(redirect) < min(n for n, line in enumerate(lines) if "use_backend" in line)


def test_certificates_can_be_tried_before_anything_else_is_there():
    text = trial(replace(FRONT, **TLS))
    assert "    bind 127.0.0.1:443 ssl crt /etc/ai4ceo/site.pem alpn h2,http/1.1\n" in text
    assert "    ssl-load-extra-files none\n" in text
    assert "backend" not in text


def test_a_certificate_needs_a_site_of_https():
    with pytest.raises(ImproperlyConfigured, match=r"TLS_CERT is set, .* give SITE_URL=https://"):
        replace(FRONT, **TLS | {"origin": "http://ai4ceo.example"})


def test_tls_needs_a_port_of_its_own():
    with pytest.raises(ImproperlyConfigured, match="TLS_PORT=8000 is PORT as well"):
        replace(FRONT, **TLS | {"tls_port": 8000})
