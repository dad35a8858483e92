"""The routes of identity, community and messaging, each with one good request."""

from __future__ import annotations

from kith.community.v1 import community_pb2
from kith.community.v1 import community_service_pb2 as community
from kith.identity.v1 import identity_pb2
from kith.identity.v1 import identity_service_pb2 as identity
from kith.messaging.v1 import messaging_pb2
from kith.messaging.v1 import messaging_service_pb2 as messaging

from services.gateway.tests.builders import (
    ACCOUNT,
    ACCOUNT_JSON,
    CIRCLE,
    CIRCLE_JSON,
    COMMENT,
    COMMENT_JSON,
    CONSENT,
    CONSENT_JSON,
    CONVERSATION,
    CONVERSATION_JSON,
    INVITE,
    INVITE_JSON,
    MESSAGE,
    MESSAGE_JSON,
    NETWORK,
    NETWORK_JSON,
    NEXT,
    PAGE,
    POST,
    POST_JSON,
    PREVIEW,
    PREVIEW_JSON,
    QUERY,
    ROLES,
    Route,
    stamp,
)

IDENTITY = [
    Route(
        "POST", "/v1/registrations", "/kith.identity.v1.AccountService/Register",
        identity.RegisterRequest(
            invite_code="secret", handle="ada", email="ada@example.org", password="pw",
            request_id="q1", age_confirmed=True, birth_date="1990-02-28",
            service_text_version=3,
        ),
        identity.RegisterResponse(account=ACCOUNT), ACCOUNT_JSON,
        body={
            "inviteCode": "secret", "handle": "ada", "email": "ada@example.org", "password": "pw",
            "requestId": "q1", "ageConfirmed": True, "birthDate": "1990-02-28",
            "serviceTextVersion": 3,
        },
        status=201, public=True,
    ),
    Route(
        "GET", "/.well-known/jwks.json", "/kith.identity.v1.SessionService/GetJwks",
        identity.GetJwksRequest(), identity.GetJwksResponse(jwks='{"keys":[]}'), {"keys": []},
        public=True,
    ),
    Route(
        "POST", "/v1/networks", "/kith.identity.v1.NetworkService/CreateNetwork",
        identity.CreateNetworkRequest(
            slug="berlin", display_name="Berlin", time_zone="UTC", request_id="q1"
        ),
        identity.CreateNetworkResponse(network=NETWORK, admin_invite=INVITE),
        {"network": NETWORK_JSON, "adminInvite": INVITE_JSON},
        body={
            "slug": "berlin", "displayName": "Berlin", "timeZone": "UTC", "requestId": "q1",
        },
        status=201,
    ),
    Route(
        "GET", "/v1/network", "/kith.identity.v1.NetworkService/GetNetwork",
        identity.GetNetworkRequest(), identity.GetNetworkResponse(network=NETWORK), NETWORK_JSON,
    ),
    Route(
        "POST", "/v1/invites", "/kith.identity.v1.InviteService/CreateInvite",
        identity.CreateInviteRequest(
            roles=[identity_pb2.ROLE_CARE_TEAM], max_uses=3, expire_time=stamp()
        ),
        identity.CreateInviteResponse(invite=INVITE), INVITE_JSON,
        body={"roles": ["care_team"], "maxUses": 3, "expireTime": "2026-01-01T01:00:00.007+01:00"},
        status=201,
    ),
    Route(
        "GET", f"/v1/accounts?{QUERY}", "/kith.identity.v1.AccountService/ListAccounts",
        identity.ListAccountsRequest(**PAGE),
        identity.ListAccountsResponse(accounts=[ACCOUNT], next_page_token="t2"),
        {"accounts": [ACCOUNT_JSON], **NEXT},
    ),
    Route(
        "GET", "/v1/accounts/me", "/kith.identity.v1.AccountService/GetAccount",
        identity.GetAccountRequest(), identity.GetAccountResponse(account=ACCOUNT), ACCOUNT_JSON,
    ),
    Route(
        "GET", "/v1/accounts/a1", "/kith.identity.v1.AccountService/GetAccount",
        identity.GetAccountRequest(member_id="a1"), identity.GetAccountResponse(account=ACCOUNT),
        ACCOUNT_JSON,
    ),
    Route(
        "PUT", "/v1/accounts/a1/roles", "/kith.identity.v1.AccountService/UpdateRoles",
        identity.UpdateRolesRequest(member_id="a1", roles=ROLES),
        identity.UpdateRolesResponse(account=ACCOUNT), ACCOUNT_JSON,
        body={"roles": ["member", "network_admin"]},
    ),
    Route(
        "GET", "/v1/consents", "/kith.identity.v1.ConsentService/ListConsents",
        identity.ListConsentsRequest(),
        identity.ListConsentsResponse(
            consents=[CONSENT],
            owed=[identity_pb2.OwedConsent(
                purpose=identity_pb2.PURPOSE_MENTOR_MESSAGES, text_version=4
            )],
        ),
        {
            "consents": [CONSENT_JSON],
            "owed": [{"purpose": "mentor_messages", "textVersion": 4}],
        },
    ),
    Route(
        "PUT", "/v1/consents/signals", "/kith.identity.v1.ConsentService/SetConsent",
        identity.SetConsentRequest(
            purpose=identity_pb2.PURPOSE_SIGNALS, granted=True, text_version=2, request_id="q1"
        ),
        identity.SetConsentResponse(consent=CONSENT), CONSENT_JSON,
        body={"granted": True, "textVersion": 2, "requestId": "q1"},
    ),
]  # fmt: skip

COMMUNITY = [
    Route(
        "POST", "/v1/circles", "/kith.community.v1.CircleService/CreateCircle",
        community.CreateCircleRequest(
            display_name="Evenings", purpose="To talk", request_id="q1"
        ),
        community.CreateCircleResponse(circle=CIRCLE), CIRCLE_JSON,
        body={"displayName": "Evenings", "purpose": "To talk", "requestId": "q1"}, status=201,
    ),
    Route(
        "GET", f"/v1/circles?{QUERY}", "/kith.community.v1.CircleService/ListCircles",
        community.ListCirclesRequest(**PAGE),
        community.ListCirclesResponse(circles=[CIRCLE], next_page_token="t2"),
        {"circles": [CIRCLE_JSON], **NEXT},
    ),
    Route(
        "PUT", "/v1/circles/c1/membership", "/kith.community.v1.CircleService/JoinCircle",
        community.JoinCircleRequest(circle_id="c1"), community.JoinCircleResponse(circle=CIRCLE),
        CIRCLE_JSON,
    ),
    Route(
        "POST", "/v1/circles/c1/posts", "/kith.community.v1.PostService/CreatePost",
        community.CreatePostRequest(
            circle_id="c1", intent=community_pb2.INTENT_OFFER, text="Tea?", request_id="q1"
        ),
        community.CreatePostResponse(post=POST), POST_JSON,
        body={"intent": "offer", "text": "Tea?", "requestId": "q1"}, status=201,
    ),
    Route(
        "GET", f"/v1/circles/c1/posts?{QUERY}", "/kith.community.v1.PostService/ListPosts",
        community.ListPostsRequest(circle_id="c1", **PAGE),
        community.ListPostsResponse(posts=[POST], next_page_token="t2"),
        {"posts": [POST_JSON], **NEXT},
    ),
    Route(
        "GET", f"/v1/feed?{QUERY}", "/kith.community.v1.PostService/ListHomeFeed",
        community.ListHomeFeedRequest(**PAGE),
        community.ListHomeFeedResponse(posts=[POST], next_page_token="t2"),
        {"posts": [POST_JSON], **NEXT},
    ),
    Route(
        "POST", "/v1/posts/p1/comments", "/kith.community.v1.PostService/CreateComment",
        community.CreateCommentRequest(post_id="p1", text="Yes.", request_id="q1"),
        community.CreateCommentResponse(comment=COMMENT), COMMENT_JSON,
        body={"text": "Yes.", "requestId": "q1"}, status=201,
    ),
    Route(
        "GET", f"/v1/posts/p1/comments?{QUERY}", "/kith.community.v1.PostService/ListComments",
        community.ListCommentsRequest(post_id="p1", **PAGE),
        community.ListCommentsResponse(comments=[COMMENT], next_page_token="t2"),
        {"comments": [COMMENT_JSON], **NEXT},
    ),
    Route(
        "GET", "/v1/previews?postId=p1&postId=p2",
        "/kith.community.v1.PostService/ListPostPreviews",
        community.ListPostPreviewsRequest(post_ids=["p1", "p2"]),
        community.ListPostPreviewsResponse(previews=[PREVIEW]),
        {"posts": [PREVIEW_JSON], "resources": []},
    ),
]  # fmt: skip

RECEIVED = messaging_pb2.CONVERSATION_STATE_RECEIVED
MESSAGING = [
    Route(
        "POST", "/v1/conversations", "/kith.messaging.v1.ConversationService/CreateConversation",
        messaging.CreateConversationRequest(member_id="b1"),
        messaging.CreateConversationResponse(conversation=CONVERSATION), CONVERSATION_JSON,
        body={"memberId": "b1"}, status=201,
    ),
    Route(
        "GET", f"/v1/conversations?state=received&{QUERY}",
        "/kith.messaging.v1.ConversationService/ListConversations",
        messaging.ListConversationsRequest(state=RECEIVED, **PAGE),
        messaging.ListConversationsResponse(conversations=[CONVERSATION], next_page_token="t2"),
        {"conversations": [CONVERSATION_JSON], **NEXT},
    ),
    Route(
        "GET", "/v1/conversations/v1", "/kith.messaging.v1.ConversationService/GetConversation",
        messaging.GetConversationRequest(conversation_id="v1"),
        messaging.GetConversationResponse(conversation=CONVERSATION), CONVERSATION_JSON,
    ),
    Route(
        "POST", "/v1/conversations/v1/messages", "/kith.messaging.v1.MessageService/SendMessage",
        messaging.SendMessageRequest(
            conversation_id="v1", client_message_id="x", text="Good morning 🌱",
            reply_to_sequence=4,
        ),
        messaging.SendMessageResponse(message=MESSAGE), MESSAGE_JSON,
        body={"clientMessageId": "x", "text": "Good morning 🌱", "replyToSequence": 4}, status=201,
    ),
    Route(
        "GET", "/v1/conversations/v1/messages?afterSequence=3&beforeSequence=9&pageSize=5",
        "/kith.messaging.v1.MessageService/ListMessages",
        messaging.ListMessagesRequest(
            conversation_id="v1", after_sequence=3, before_sequence=9, page_size=5
        ),
        messaging.ListMessagesResponse(messages=[MESSAGE], has_more=True),
        {"messages": [MESSAGE_JSON], "hasMore": True},
    ),
]  # fmt: skip
