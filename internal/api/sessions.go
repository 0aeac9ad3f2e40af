package api

import (
	"cmp"
	"context"
	"strings"

	"github.com/mileusna/useragent"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// What people have open, by themselves and by operators.

// sessionsPage is how many sessions a page holds (Cognito: ListUserSessions).
const sessionsPage = 125

func (a *API) listUserSessions(ctx context.Context, _ *call, in *ListUserSessionsRequest) (*ListUserSessionsResponse, error) {
	h, err := a.Tokens.Access(ctx, string(in.AccessToken))
	if err := cmp.Or(err, h.App.Pool.CheckTracks()); err != nil {
		return nil, err
	}
	sessions, next, err := a.sessions(ctx, h.User, h.Grant.ID, in.NextToken)
	return &ListUserSessionsResponse{Sessions: sessions, NextToken: next}, err
}

func (a *API) revokeUserSession(ctx context.Context, _ *call, in *RevokeUserSessionRequest) (*RevokeUserSessionResponse, error) {
	h, err := a.Tokens.Access(ctx, string(in.AccessToken))
	if err := cmp.Or(err, h.App.Pool.CheckTracks()); err != nil {
		return nil, err
	}
	return &RevokeUserSessionResponse{}, a.Tokens.EndSession(ctx, h.User, h.Grant.ID, in.SessionId, linked(in.RevokeAssociatedSessions))
}

func (a *API) adminListUserSessions(ctx context.Context, _ *call, in *AdminListUserSessionsRequest) (*AdminListUserSessionsResponse, error) {
	p, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err := cmp.Or(err, p.CheckTracks()); err != nil {
		return nil, err
	}
	sessions, next, err := a.sessions(ctx, user, "", in.NextToken)
	return &AdminListUserSessionsResponse{Sessions: sessions, NextToken: next}, err
}

func (a *API) adminRevokeUserSession(ctx context.Context, _ *call, in *AdminRevokeUserSessionRequest) (*AdminRevokeUserSessionResponse, error) {
	p, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err := cmp.Or(err, p.CheckTracks()); err != nil {
		return nil, err
	}
	return &AdminRevokeUserSessionResponse{}, a.Tokens.EndSession(ctx, user, "", in.SessionId, linked(in.RevokeAssociatedSessions))
}

func linked(associated string) bool { return associated == "LINKED" }

func (a *API) sessions(ctx context.Context, user pool.User, current, token string) ([]SessionDescriptionType, string, error) {
	list := "UserSessions|" + user.UserPoolID + "|" + user.Sub
	after, err := a.afterToken(list, token)
	if err != nil {
		return nil, "", err
	}
	sessions, last, err := a.Tokens.Sessions(ctx, user, current, after, sessionsPage)
	if err != nil {
		return nil, "", err
	}
	out := make([]SessionDescriptionType, 0, len(sessions))
	for _, s := range sessions {
		out = append(out, sessionType(s))
	}
	if last != "" {
		last = a.nextToken(list, last)
	}
	return out, last, nil
}

func sessionType(s pool.UserSession) SessionDescriptionType {
	out := SessionDescriptionType{
		SessionId: s.ID, SessionType: "TOKEN", ClientId: Sensitive(s.ClientID), CreateDate: Time(s.CreatedAt), LastActiveDate: Time(s.LastActive),
		IsCurrentSession: &s.Current,
	}
	if strings.HasPrefix(s.ID, pool.BrowserSessions) {
		out.SessionType = "SSO"
	}
	if device := deviceType(s.From.UserAgent); device != "" {
		out.DeviceType = &device
	}
	if ip := Sensitive(s.From.IP); ip != "" {
		out.LastIPAddress = &ip
	}
	if s.Origin != "" {
		out.OriginSessionId = &s.Origin
	}
	return out
}

// deviceType words a User-Agent as Cognito does: "Chrome 125 / macOS 15.0".
func deviceType(userAgent string) string {
	u := useragent.Parse(userAgent)
	major, _, _ := strings.Cut(u.Version, ".")
	client, system := strings.TrimSpace(u.Name+" "+major), strings.TrimSpace(u.OS+" "+u.OSVersion)
	return strings.Trim(client+" / "+system, " /")
}
