------------------------------- MODULE Models --------------------------------
(* The graphs and scripts of the models; each .cfg file here chooses.      *)
EXTENDS Scuttlebutt

Both(edges) == edges \cup {<<e[2], e[1]>> : e \in edges}

GraphLine == Both({<<n, n + 1>> : n \in 1..(N - 1)})
GraphRing == Both({<<n, (n % N) + 1>> : n \in 1..N})
GraphComplete == {pair \in Nodes \X Nodes : pair[1] # pair[2]}

\* Everyone, or only the nodes named, set one key k; once or twice.
Of(writers, keys) == [n \in Nodes |-> IF n \in writers THEN keys ELSE <<>>]

ScriptAllOnce == Of(Nodes, <<"k">>)
ScriptAllTwice == Of(Nodes, <<"k", "k">>)
ScriptOneAndThree == Of({1, 3}, <<"k">>)
ScriptOneTwoThree == Of({1, 2, 3}, <<"k">>)
ScriptOneTwice == Of({1}, <<"k", "k">>)
ScriptOneTwoKeys == Of({1}, <<"k", "j">>)
=============================================================================
