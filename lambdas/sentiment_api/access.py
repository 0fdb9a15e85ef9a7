"""Who may call this API, and from which web pages: what a deployment's answers depend on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self, get_args

from lambdas.sentiment_api.settings import SettingsError

Authorization = Literal["iam", "api-key", "none"]

AUTHORIZATION = "AUTHORIZATION"
CORS_ORIGINS = "CORS_ORIGINS"


@dataclass(frozen=True, kw_only=True)
class Access:
    """What the gateway in front of this function asks for; the function only tells of it."""

    authorization: Authorization
    """`AUTHORIZATION`: SigV4 and an API key, an API key, or nothing."""
    cors_origins: tuple[str, ...] = ()
    """`CORS_ORIGINS`, separated by spaces: pages of these origins may read the answers."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read it.

        Raises:
            SettingsError: `AUTHORIZATION` is missing, or none of the three.
        """
        value = environment.get(AUTHORIZATION, "")
        for known in get_args(Authorization):
            if value == known:
                origins = environment.get(CORS_ORIGINS, "").split()
                return cls(authorization=known, cors_origins=tuple(origins))
        raise SettingsError(
            f"{AUTHORIZATION}={value!r} in the function's environment: say "
            f"{', '.join(get_args(Authorization))}."
        )

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that `from_environment` reads."""
        return {
            AUTHORIZATION: self.authorization,
            **({CORS_ORIGINS: " ".join(self.cors_origins)} if self.cors_origins else {}),
        }
