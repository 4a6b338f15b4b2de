from django.core.mail import EmailMessage, get_connection


def test_writes_a_file_per_mail_sorted_by_time(settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    folder = get_connection("config.mail.folder.EmailBackend")
    for subject in ("first", "second"):
        folder.send_messages([EmailMessage(subject, "text", to=["ada@example.org"])])
    first, second = sorted((tmp_path / "mail").iterdir())
    assert "Subject: first" in first.read_text()
    assert "Subject: second" in second.read_text()
    assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700
