// Package cloudformation reads AWS CloudFormation templates, in YAML or JSON,
// and compiles the Amazon Cognito resources in them into a document in the
// shapes of Cognito's Create… operations:
//
//	tree.go, yaml.go, json.go       text → a tree of values with their lines
//	parameters.go, conditions.go    what a stack brings, and what follows from it
//	evaluate.go, functions.go, sub.go   intrinsic functions
//	references.go, ids.go           what Ref and Fn::GetAtt give, and the ids of a stack
//	properties.go, shapes.go        which properties there are, and of which shape
//	resources.go, outputs.go        the document and the outputs
//
// It looks nothing up, writes nothing and does not know what a setting means:
// the reader of the document does. What a template asks for and cannot get here
// is said, all at once, each with its line and its path. Start reading at
// [Compile].
package cloudformation
