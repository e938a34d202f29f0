"""Why to believe us: TLC and SPIN, the figures of the paper, benchmarks, the site."""
