"""What the paper's released code sets, for each of its data sets."""

PAPER_FEATURES = {
    "faces-hq": {"official": True, "length": None, "normalize": False},
    "celeba": {"official": True, "length": 80, "normalize": True},
    "faceforensics": {"official": True, "length": 300, "normalize": True},
}
"""Arguments of `SpectralFeatures`, as read from the code at its last commit.

- Faces-HQ: JPEG of 1024x1024, whose 722 rings are taken as they are.
- CelebA: generated faces of 128x128, real ones of 178x218: the features tell
  the sizes apart.
- FaceForensics++: frames of videos, cut to their `central_third`. In that code
  0 is generated and 1 is real, against the rest of the world.
"""

PAPER_SVM = {
    "classifier": "svm",
    "C": 6.37,
    "gamma": 0.86,
    "standardize": False,
}
"""Arguments of `SpectralDetector`: the SVM for CelebA and FaceForensics++."""


def central_third(image):
    """The part of a frame that the code for FaceForensics++ looks at.

    Args:
        image: [height, width, channels], from 3 pixels.

    Returns:
        The image without a third of its rows and columns at each border.
    """
    rows, columns = image.shape[0] // 3, image.shape[1] // 3
    return image[rows:-rows, columns:-columns]
