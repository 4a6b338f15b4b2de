from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.proxy.tests.proxies import PROXY, render_sections
from config.proxy.tls import render_trial

TLS = {
    "origin": "https://ai4ceo.example",
    "tls_port": 443,
    "tls_certificates": ("/etc/ai4ceo/site.pem",),
}


def list_redirects(**changes):
    return [line for line in render_sections(**changes)["frontend site"] if " redirect " in line]


def test_no_certificate_means_no_tls():
    sections = render_sections()
    assert not any("ssl" in line for line in sections["global"] + sections["frontend site"])
    assert list_redirects() == []


def test_uses_mozillas_intermediate_ciphers():
    lines = render_sections(**TLS)["global"]
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


def test_limits_http2_streams():
    assert "tune.h2.max-concurrent-streams 10" in render_sections(**TLS)["global"]


def test_listens_on_both_ports_and_offers_http2():
    assert render_sections(**TLS, bind="10.0.0.1")["frontend site"][:2] == [
        "bind 10.0.0.1:8000",
        "bind 10.0.0.1:443 ssl crt /etc/ai4ceo/site.pem alpn h2,http/1.1",
    ]


def test_accepts_several_certificates():
    names = TLS | {"tls_certificates": ("/a.pem", "/b c.pem"), "bind": "::"}
    line = render_sections(**names)["frontend site"][1]
    assert line == r"bind [::]:443 ssl crt /a.pem crt /b\ c.pem alpn h2,http/1.1"


def test_redirects_http_to_the_sites_origin_except_probes():
    assert list_redirects(**TLS) == [
        "http-request redirect prefix https://ai4ceo.example code 301 "
        "unless { var(txn.proto) -m str https } or { path /healthz /readyz }"
    ]


def test_redirects_http_behind_a_tls_proxy():
    assert len(list_redirects(origin="https://ai4ceo.example:8443")) == 1


def test_redirects_after_the_protocol_and_before_any_backend():
    lines = render_sections(**TLS)["frontend site"]
    (redirect,) = list_redirects(**TLS)
    assert lines.index("http-request set-var(txn.proto) str(https) if { ssl_fc }") < lines.index(
        redirect
    )
    assert lines.index(redirect) < min(n for n, line in enumerate(lines) if "use_backend" in line)


def test_renders_a_minimal_file_to_check_certificates():
    text = render_trial(replace(PROXY, **TLS))
    assert "    bind 127.0.0.1:443 ssl crt /etc/ai4ceo/site.pem alpn h2,http/1.1\n" in text
    assert "    ssl-load-extra-files none\n" in text
    assert "backend" not in text


def test_a_certificate_needs_an_https_site():
    with pytest.raises(ImproperlyConfigured, match=r"TLS_CERT is set, .* give SITE_URL=https://"):
        replace(PROXY, **TLS | {"origin": "http://ai4ceo.example"})
