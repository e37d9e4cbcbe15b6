"""The code that the chapters of *Learning to Forget* share: a map of it, module by module.

cell_layout (visual language)
    The LSTM cell as data: one layout, drawn by `diagrams.lstm_cell` and by the live figure alike.
cells (chapters 1, 2, 3, 4, 5, 6; common mistakes; shapes)
    The RNN and the LSTM in NumPy: parameters, one step, a whole sequence, and the way back.
claims (every chapter; 6 reference pages)
    A page's contract: named claims that are printed with a tick, and fail the cell when false.
command_line (behind predict)
    How every program here begins and ends: its help, and one line on the error stream if it fails.
corpora (chapters 6, 7, 8, 9; models; out of the notebook)
    Find, fetch, verify and parse the two corpora of the course, or their small stand-ins.
diagrams (chapters 2, 3, 4; shapes; visual language)
    The book's drawn figures: networks in time, the two cells, and the way a gradient takes back.
downloads (behind corpora)
    Bring a published file into a cache: whole or not at all, whatever else runs or breaks.
exercises (every chapter)
    Exercises that check themselves: `check("4.3", forget)` says what is right and what is not.
frameworks (chapters 4, 5, 6; out of the notebook; shapes)
    Weights of LSTM layers moved between NumPy, Keras, PyTorch and ONNX, which all store them apart.
gradients (chapters 1, 2, 3, 4, 8; common mistakes; matrices)
    Tools that check a gradient and measure how far one reaches back in time.
inputs (behind 20 modules)
    What callers bring: brought into form, or refused by the argument's name.
live (chapters 1, 3, 4, 5, 6, 10; shapes)
    Figures that compute in the page: HTML with its own style, still and script, and no server.
measuring (chapters 1, 2, 3, 4, 5, 6, 7, 9, 10; 4 reference pages)
    What measuring a run takes: seeds, a timer, and summaries over several runs.
messages (behind exercises, live)
    The package's words in the reader's language: English, or what locale/ has for it.
plotting (every chapter; 4 reference pages)
    The book's Matplotlib style, its colours, and three figures that recur, drawn into given axes.
predict (out of the notebook)
    How likely is each review in a file positive? `python -m lstm_utils.predict FILE` tells.
records (chapters 3, 5, 6, 7, 8, 9, 10; models; out of the notebook)
    The recorded results of the full-scale experiments, for the pages that draw them.
series (chapter 9)
    Hourly series: any CSV file's, the bicycles of Seoul, and one made by a function in their place.
shapes (shapes)
    The rules of shapes: what a recurrent network of Keras or PyTorch takes, returns and holds.
stacks (behind frameworks, models.pretrained_onnx)
    LSTM layers one above the other, each in one direction or in both: their weights and outputs.
text (chapters 6, 7, 8; common mistakes; models)
    From text to numbers: cleaning, vocabularies, padding, and batches of like length.
models.forecasting (chapter 9)
    Forecasts of an hourly series, without a framework: lessons, baselines, and how good they are.
models.forecasting_keras (chapter 9)
    An LSTM that forecasts: at every hour it reads, it says what will be some hours later.
models.headlines (chapters 7, 8)
    Headlines without a framework: byte-pair tokens, Kneser-Ney on letters and words, mixtures.
models.headlines_torch (chapters 7, 8)
    Headlines in PyTorch: the networks of chapter 7, what they read, their training and score.
models.marked_product (chapters 5, 8; models; out of the notebook)
    The marked-product task: two of the numbers in a sequence are marked; predict their product.
models.marked_product_keras (chapter 5)
    Networks for the marked-product task: several trained side by side, compiled by XLA.
models.parity (chapter 10; models)
    Parity of bits, the smallest task of state tracking, and a linear recurrence in NumPy.
models.pretrained (chapters 5, 6, 7, 10; models; out of the notebook)
    Trained models that come with the package: `load_pretrained` reads, checks and opens them.
models.pretrained_onnx (out of the notebook)
    The trained models as ONNX files: graphs that ONNX Runtime runs without Keras, PyTorch or us.
models.recurrences_torch (chapter 10)
    What came after the LSTM, in PyTorch: linear recurrences, an exponential gate, attention.
models.reversal_torch (chapter 10)
    Reverse a sequence of digits in PyTorch: through one vector, or with attention to every step.
models.reviews (out of the notebook)
    From film reviews to n-grams, to rows of a table and to batches of equal length, in NumPy.
models.reviews_keras (chapter 6)
    Networks for film reviews, and how good they are; `reviews` makes the numbers that they read.
"""

__version__ = "0.1.0"
