// Package stories_test tells what people, programs and attackers do with a
// whole server, through the clients that they use.
package stories_test
