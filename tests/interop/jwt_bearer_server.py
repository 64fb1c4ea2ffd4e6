"""Authlib as an authorization server that takes an issuer's assertions (RFC 7523) for opaque access tokens.

`python jwt_bearer_server.py SETTINGS` (JSON) prints one line, `{"token_endpoint": …, "control": …}`, and serves until its
standard input ends. Settings, both of them needed: `subjects`, whom tokens are given for, and `lifetime` of a token in
seconds. Under `control`, for tests, JSON in and out:

  POST /trust       {issuer, jwks_url}: whose assertions are taken, and where the keys are, asked anew for each
  POST /introspect  {token}: whose token it is, as RFC 7662 says it
  GET  /log         [{subject, outcome}], without a token
"""

import json
import os
import secrets
import sys
import threading
import time
import urllib.parse
import urllib.request

# The tests are on the loopback, without TLS.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import InvalidGrantError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7523 import JWTBearerGrant
from joserfc.jwk import KeySet

import http_side


class Server(AuthorizationServer):
    def __init__(self, subjects, lifetime):
        super().__init__()
        self.subjects = subjects
        self.issuer, self.tokens, self.log = None, {}, []
        self.used, self.lock = set(), threading.Lock()
        self.control = http_side.Server(self.answer).url
        self.token_endpoint = f"{self.control}/token"
        self.register_grant(Grant)
        self.register_token_generator(
            "default", BearerTokenGenerator(lambda **_: secrets.token_urlsafe(32), expires_generator=lifetime)
        )

    def answer(self, request):
        if request.path == "/token":
            return self.create_token_response(request)
        said = json.loads(request.body or b"{}")
        match request.method, request.path:
            case "POST", "/trust":
                self.issuer = Issuer(**said)
                return 200, {}
            case "POST", "/introspect":
                subject, expires = self.tokens.get(said["token"], (None, 0))
                living = time.time() < expires
                return 200, {"active": True, "sub": subject, "exp": expires} if living else {"active": False}
            case "GET", "/log":
                return 200, self.log
        return 404, {"error": "no such door"}

    def create_oauth2_request(self, request):
        return Request(request, self.token_endpoint)

    def save_token(self, token, request):
        self.tokens[token["access_token"]] = (request.user, int(time.time()) + token["expires_in"])
        self.log.append({"subject": request.user, "outcome": "given"})

    def handle_error_response(self, request, error):
        self.log.append({"subject": None, "outcome": f"{error.error}: {error.description}"})
        return super().handle_error_response(request, error)

    def handle_response(self, status, body, headers):
        return status, dict(body)


class Request(OAuth2Request):
    def __init__(self, request, url):
        super().__init__(request.method, url, headers=request.headers)
        self.fields = dict(urllib.parse.parse_qsl(request.body.decode()))
        self.payload = BasicOAuth2Payload(self.fields)

    @property
    def form(self):
        return self.fields


class Issuer:
    """The only client: whoever signs with the issuer's keys."""

    def __init__(self, issuer, jwks_url):
        self.name, self.jwks_url = issuer, jwks_url

    def check_grant_type(self, grant_type):
        return grant_type == JWTBearerGrant.GRANT_TYPE

    def get_allowed_scope(self, scope):
        return scope or ""


class Grant(JWTBearerGrant):
    # An assertion names a person, lives by its own clock's second, and is used once.
    LEEWAY = 0
    CLAIMS_OPTIONS = {**JWTBearerGrant.CLAIMS_OPTIONS, "sub": {"essential": True}, "jti": {"essential": True}}

    def resolve_issuer_client(self, issuer):
        known = self.server.issuer
        return known if known and known.name == issuer else None

    def resolve_client_public_key(self, client):
        with urllib.request.urlopen(client.jwks_url, timeout=5) as answer:
            return KeySet.import_key_set(json.load(answer))

    def get_audiences(self):
        return [self.server.token_endpoint]

    def verify_claims(self, claims):
        super().verify_claims(claims)
        with self.server.lock:
            if claims["jti"] in self.server.used:
                raise InvalidGrantError(description="The assertion was used before.")
            self.server.used.add(claims["jti"])

    def authenticate_user(self, subject):
        return subject if subject in self.server.subjects else None

    def has_granted_permission(self, client, user):
        return True


if __name__ == "__main__":
    server = Server(**json.loads(sys.argv[1]))
    print(json.dumps({"token_endpoint": server.token_endpoint, "control": server.control}), flush=True)
    sys.stdin.read()
