package stories_test

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/aws/smithy-go"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// spoken is an exception of an operation that the client for Go does not have.
type spoken struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
}

func (e *spoken) Error() string                 { return e.Type + ": " + e.Message }
func (e *spoken) ErrorCode() string             { return e.Type }
func (e *spoken) ErrorMessage() string          { return e.Message }
func (e *spoken) ErrorFault() smithy.ErrorFault { return smithy.FaultClient }

// speak calls an operation by hand, from where the errand's client calls.
func (x errand) speak(name string, signed bool, members map[string]any) error {
	x.Helper()
	response, err := x.c.Options().HTTPClient.Do(operationRequest(x.T, x.h, name, signed, members))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	refused := &spoken{}
	return errors.Join(json.NewDecoder(response.Body).Decode(refused), refused)
}

const anySession = "tkn0000000000000000000000000"

func sessionTokenCalls() map[string]plainCall {
	return map[string]plainCall{
		"ListUserSessions": func(x errand, at target) error {
			return x.speak("ListUserSessions", false, map[string]any{"AccessToken": at.token})
		},
		"RevokeUserSession": func(x errand, at target) error {
			return x.speak("RevokeUserSession", false, map[string]any{"AccessToken": at.token, "SessionId": anySession})
		},
	}
}

func sessionPoolCalls() map[string]plainCall {
	return map[string]plainCall{
		"AdminListUserSessions": func(x errand, at target) error {
			return x.speak("AdminListUserSessions", true, map[string]any{"UserPoolId": at.pool, "Username": at.user})
		},
		"AdminRevokeUserSession": func(x errand, at target) error {
			return x.speak("AdminRevokeUserSession", true, map[string]any{"UserPoolId": at.pool, "Username": at.user, "SessionId": anySession})
		},
	}
}

// sessionRefusals are those of what people have open.
func sessionRefusals() []refusal {
	const none = "Session not found."
	return []refusal{
		{"AdminListUserSessions", noUser, nobody, func(x errand) error { return sessionPoolCalls()["AdminListUserSessions"](x, usual()) }},
		{"AdminRevokeUserSession", noUser, nobody, func(x errand) error { return sessionPoolCalls()["AdminRevokeUserSession"](x, usual()) }},
		{"AdminRevokeUserSession", notFound, none, func(x errand) error {
			return x.speak("AdminRevokeUserSession", true, map[string]any{"UserPoolId": housetest.PoolID, "Username": x.somebody(), "SessionId": anySession})
		}},
		{"RevokeUserSession", notFound, none, func(x errand) error {
			return x.speak("RevokeUserSession", false, map[string]any{"AccessToken": *x.token(), "SessionId": anySession})
		}},
		{"ListUserSessions", invalid, "Invalid pagination token given.", func(x errand) error {
			return x.speak("ListUserSessions", false, map[string]any{"AccessToken": *x.token(), "NextToken": "made-up"})
		}},
	}
}
