// Package setup makes and changes pools, app clients and domains: it validates,
// compares with what is there, and writes. It serves `poolhouse apply` and the
// start of a server alike. Nothing is ever deleted here, and a document is
// applied whole or not at all. Start reading at [Setup.Apply].
package setup
