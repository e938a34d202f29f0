"""The laws of a good resolver, judged on the answers it gives, however it is called.

`calling` asks one question; `asking` folds updates with the answers; `book` lists the laws;
`judging` judges them; `evidence` is what a broken law leaves behind, and `regression` its file.
"""
