"""The site's tables, as models of the stock project."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models


class User(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=128)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    must_change_password = models.BooleanField(default=False)
    date_joined = models.DateTimeField()
    tried_password = models.CharField(max_length=128)
    tried_at = models.DateTimeField(null=True)

    objects = BaseUserManager()

    USERNAME_FIELD = "email"

    class Meta:
        managed = False
        db_table = "accounts_user"

    def __str__(self) -> str:
        return self.email


class Preferences(models.Model):
    user = models.OneToOneField(User, models.CASCADE, primary_key=True)
    traits = ArrayField(models.CharField(max_length=16))
    experts = ArrayField(models.BigIntegerField())
    step = models.CharField(max_length=16)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "onboarding_preferences"

    def __str__(self) -> str:
        return f"preferences of {self.pk}"


class Profile(models.Model):
    user = models.OneToOneField(User, models.CASCADE, primary_key=True)
    bio = models.TextField()
    timezone = models.CharField(max_length=64)
    locale = models.CharField(max_length=16)
    avatar_id = models.CharField(max_length=100, null=True)

    class Meta:
        managed = False
        db_table = "profiles_profile"

    def __str__(self) -> str:
        return f"profile of {self.pk}"


class Tour(models.Model):
    user = models.OneToOneField(User, models.CASCADE, primary_key=True)
    answered = models.BooleanField()

    class Meta:
        managed = False
        db_table = "tours_tour"

    def __str__(self) -> str:
        return f"tour of {self.pk}"
