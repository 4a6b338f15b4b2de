"""Pages that serve files and previews."""

import pytest

from accounts.tests.people import make_user
from files import downloads
from files.objects import StorageError
from files.tests.content import PDF, make_image, upload_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def sea(ada):
    return upload_file(ada, "sea.png", make_image())


def broken(*args):
    raise StorageError


class TestDownload:
    def test_serves_an_attachment_with_the_name(self, member, ada):
        file = upload_file(ada, "tax & more.pdf", PDF)
        response = member.get(f"/files/{file.pk}/download/")
        assert b"".join(response.streaming_content) == PDF
        assert response.headers["Content-Type"] == "application/pdf"
        assert response.headers["Content-Disposition"] == 'attachment; filename="tax & more.pdf"'
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        response.close()

    def test_redirects_anonymous_to_login(self, client, sea):
        response = client.get(f"/files/{sea.pk}/download/")
        assert response.headers["Location"].startswith("/accounts/login/?next=/files/")

    def test_is_for_the_owner_only(self, client, sea):
        client.force_login(make_user(email="eve@example.org"))
        assert client.get(f"/files/{sea.pk}/download/").status_code == 404

    def test_deleted_file_is_404(self, member, ada, sea):
        ada.files.trash()
        assert member.get(f"/files/{sea.pk}/download/").status_code == 404
        ada.files.restore()
        response = member.get(f"/files/{sea.pk}/download/")
        assert response.status_code == 200
        response.close()

    def test_costs_two_statements(self, member, sea, django_assert_max_num_queries):
        with django_assert_max_num_queries(2):
            member.get(f"/files/{sea.pk}/download/").close()

    def test_redirects_with_a_message_if_storage_fails(self, member, sea, monkeypatch):
        monkeypatch.setattr(downloads, "serve_attachment", broken)
        response = member.get(f"/files/{sea.pk}/download/?q=sea&sort=name", follow=True)
        assert response.redirect_chain == [("/files/?q=sea&sort=name", 302)]
        assert "“sea.png”: The file was not saved" in response.content.decode()

    def test_rejects_post(self, member, sea):
        assert member.post(f"/files/{sea.pk}/download/").status_code == 405


class TestPreview:
    def test_serves_a_cached_webp_image(self, member, sea):
        response = member.get(f"/files/{sea.pk}/preview/")
        assert response.content[:4] + response.content[8:12] == b"RIFFWEBP"
        assert response.headers["Content-Type"] == "image/webp"
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert response.headers["X-Content-Type-Options"] == "nosniff"

    def test_redirects_anonymous_to_login(self, client, sea):
        response = client.get(f"/files/{sea.pk}/preview/")
        assert response.headers["Location"].startswith("/accounts/login/?next=/files/")

    def test_is_for_the_owner_only(self, client, sea):
        client.force_login(make_user(email="eve@example.org"))
        assert client.get(f"/files/{sea.pk}/preview/").status_code == 404

    def test_only_images_have_one(self, member, ada):
        file = upload_file(ada, "tax.pdf", PDF)
        assert member.get(f"/files/{file.pk}/preview/").status_code == 404

    def test_deleted_images_have_one(self, member, ada, sea):
        ada.files.trash()
        assert member.get(f"/files/{sea.pk}/preview/").status_code == 200

    def test_costs_two_statements(self, member, sea, django_assert_max_num_queries):
        with django_assert_max_num_queries(2):
            member.get(f"/files/{sea.pk}/preview/")

    def test_is_503_if_storage_fails(self, member, sea, monkeypatch):
        monkeypatch.setattr(downloads, "serve_webp", broken)
        assert member.get(f"/files/{sea.pk}/preview/").status_code == 503


@pytest.mark.parametrize("act", ["download", "preview"])
@pytest.mark.parametrize("pk", ["1", "nonsense", "00000000-0000-4000-8000-000000000000", "%00"])
def test_unknown_file_is_404(member, act, pk):
    assert member.get(f"/files/{pk}/{act}/").status_code == 404
