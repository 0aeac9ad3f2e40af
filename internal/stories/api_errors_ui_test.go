package stories_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// brandingCalls are about how the pages look.
func brandingCalls() map[string]plainCall {
	return map[string]plainCall{
		"GetUICustomization": func(x errand, at target) error {
			return only(x.c.GetUICustomization(x.ctx, &cip.GetUICustomizationInput{UserPoolId: &at.pool, ClientId: &at.app}))
		},
		"SetUICustomization": func(x errand, at target) error {
			return only(x.c.SetUICustomization(x.ctx, &cip.SetUICustomizationInput{UserPoolId: &at.pool, ClientId: &at.app}))
		},
	}
}

// brandingRefusals are theirs.
func brandingRefusals() []refusal {
	set := func(x errand, css string, image []byte) error {
		return only(x.c.SetUICustomization(x.ctx, &cip.SetUICustomizationInput{UserPoolId: poolID(), CSS: &css, ImageFile: image}))
	}
	rows := []refusal{
		{"SetUICustomization", invalid, `CSS: line 1: "@import" is not allowed`, func(x errand) error { return set(x, "@import 'x';", nil) }},
		{"SetUICustomization", invalid, "ImageFile: the picture is neither PNG nor JPEG, or is damaged", func(x errand) error { return set(x, "", []byte("<svg/>")) }},
		{"SetUICustomization", invalid, "There has to be an existing domain associated with this user pool", func(x errand) error {
			return only(x.c.SetUICustomization(x.ctx, &cip.SetUICustomizationInput{UserPoolId: aws.String(litePool)}))
		}},
	}
	for name, call := range brandingCalls() {
		rows = append(rows, refusal{name, notFound, "User pool client " + noApp + " does not exist.", func(x errand) error {
			at := usual()
			at.app = noApp
			return call(x, at)
		}})
	}
	return rows
}
