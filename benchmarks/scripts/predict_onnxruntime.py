"""`predict_onnxruntime.py MODEL.onnx PICTURE.png MEAN SCALE`: one picture classified with onnxruntime."""

import sys

import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
mean, scale = float(sys.argv[3]), float(sys.argv[4])
pixels = np.asarray(Image.open(sys.argv[2]).convert("L"), np.float32) / 255
(log_probabilities,) = session.run(None, {"images": ((pixels - mean) / scale)[None, None]})
print(int(log_probabilities.argmax()), f"{float(np.exp(log_probabilities.max())):.4f}")
