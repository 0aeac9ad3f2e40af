// Package setup makes, changes and deletes pools, resource servers, app clients,
// domains, groups and the keys of operators: it validates, compares with what is
// there, and writes. It serves `poolhouse apply`, the start of a server and the
// API alike, by one set of rules:
//
//	pools.go, clients.go, domains.go, groups.go   each kind: make, change, delete
//	resourceservers.go                            the same, and what app clients lose with a scope
//	audit.go                                      what applying adds to the audit trail
//	keys.go                                       operators' access keys
//	document.go, apply.go, refused.go             several at once, whole or not at all; applying deletes nothing
//	people.go                                     accounts of a document, made and changed by account
//	template.go, textless.go, stack.go            CloudFormation templates as documents; what a stack owns
//
// A change is decided on what was read. Where somebody else has written since,
// it is refused (ConcurrentModification), and applying looks again. Start
// reading at [Setup.UpdatePool] or [Setup.Apply].
package setup
