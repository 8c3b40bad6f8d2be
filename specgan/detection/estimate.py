import dataclasses


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean and its standard error.

    Over the splits of a `Protocol`, which share their pictures and are not
    independent, the error is that of Nadeau and Bengio, which takes that into
    account and is rather too large. Over groups of pictures it is that of
    `scores.share_estimate` and `scores.area_estimate`. Where all splits, or
    all pictures, agree it is 0 and says nothing.
    """

    mean: float
    error: float
