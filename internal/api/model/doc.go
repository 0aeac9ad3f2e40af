// Package model holds the cognito-idp API as data: its operations, the shapes of
// what they take and give, and the constraints on them. It reads a request's
// JSON body by that data and words what is wrong with it as Cognito does.
//
//	cognito-idp.model.json   122 operations, with constraints (see NOTICE)
//	additions.json           18 later ones and later members, unverified
//	          │
//	        Load ──► Read    JSON body → values of the right types, or SerializationError
//	             └─► Check   those values → the text of InvalidParameterException
//	             └─► gen     the Go structs of package api (go generate)
//
// It knows nothing of HTTP, pools or what an operation does. Start reading at
// Model in model.go.
package model
