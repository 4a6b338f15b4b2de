import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError


@pytest.mark.parametrize(
    "password",
    [
        "Password123!",
        "password2026",
        "P@ssw0rd123!",
        "Pa$$w0rd!!",
        "!!welcome99",
        "123Qwerty!",
        "Summer2026!",
        "passwordpassword1",
        "pass.word.2026",
        "\uff30assword123",
    ],
)
def test_rejects_common_password_with_additions(password):
    with pytest.raises(ValidationError, match="common password with something added"):
        validate_password(password)


@pytest.mark.parametrize("password", ["ai4ceo-secret-harbour", "AI4CEO2026!", "my Ai-4-Ceo login"])
def test_rejects_site_name(password):
    with pytest.raises(ValidationError, match="site's name"):
        validate_password(password)


def test_rejects_host_name(settings):
    settings.SITE = settings.SITE._replace(netloc="lighthouse.example.org")
    with pytest.raises(ValidationError, match="site's name"):
        validate_password("green-lighthouse-harbour")


@pytest.mark.parametrize(
    "password", ["seven-green-lighthouses", "tK3_9vQx-Lm2aRwe", "correct horse battery staple"]
)
def test_accepts_strong_password(password):
    validate_password(password)
