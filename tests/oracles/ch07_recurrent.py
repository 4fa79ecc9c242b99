"""The same answers by independent means."""

import numpy as np
import torch

from grader.bank import alternate


def tensors(*arrays, requires_grad=False):
    """float64 leaves that share nothing with the arrays."""
    return [torch.tensor(np.array(array), requires_grad=requires_grad) for array in arrays]


def arrays(*tensors):
    return tuple(tensor.detach().numpy() for tensor in tensors)


def with_weights(module, *weights):
    """The torch module with these values in its parameters, which come in the same order."""
    with torch.no_grad():
        for parameter, weight in zip(module.parameters(), tensors(*weights), strict=True):
            parameter.copy_(weight)
    return module


def cell(kind, x, h, *weights):
    return with_weights(kind(x.shape[1], h.shape[1], dtype=torch.float64), *weights)


@alternate("embedding", "torch.nn.functional.embedding")
def embedding(tokens, table):
    return torch.nn.functional.embedding(*tensors(tokens, table)).numpy()


@alternate("embedding_backward", "autograd of torch.nn.functional.embedding")
def embedding_backward(dout, tokens, vocab_size):
    table = torch.zeros(vocab_size, dout.shape[-1], dtype=torch.float64, requires_grad=True)
    indices, upstream = tensors(tokens, dout)
    torch.nn.functional.embedding(indices, table).backward(upstream)
    return table.grad.numpy()


@alternate("rnn_step", "torch.nn.RNNCell")
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    step = cell(torch.nn.RNNCell, x, h, W_ih, W_hh, b_ih, b_hh)
    return step(*tensors(x, h)).detach().numpy()


@alternate("rnn_sequence", "torch.nn.RNN")
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    network = torch.nn.RNN(xs.shape[2], h0.shape[1], dtype=torch.float64)
    with_weights(network, W_ih, W_hh, b_ih, b_hh)
    return network(*tensors(xs, h0[np.newaxis]))[0].detach().numpy()


@alternate("rnn_sequence_backward", "autograd of torch.nn.RNN")
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    network = torch.nn.RNN(xs.shape[2], h0.shape[1], dtype=torch.float64)
    with_weights(network, W_ih, W_hh, b_ih, b_hh)
    inputs, start = tensors(xs, h0[np.newaxis], requires_grad=True)
    network(inputs, start)[0].backward(*tensors(dhs))
    weights = [parameter.grad for parameter in network.parameters()]
    return arrays(inputs.grad, start.grad[0], *weights)


@alternate("lstm_step", "torch.nn.LSTMCell")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    step = cell(torch.nn.LSTMCell, x, h, W_ih, W_hh, b_ih, b_hh)
    x, h, c = tensors(x, h, c)
    return arrays(*step(x, (h, c)))


@alternate("lstm_step_backward", "autograd of torch.nn.LSTMCell")
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    step = cell(torch.nn.LSTMCell, x, h, W_ih, W_hh, b_ih, b_hh)
    x, h, c = tensors(x, h, c, requires_grad=True)
    torch.autograd.backward(step(x, (h, c)), tensors(dh, dc))
    weights = [parameter.grad for parameter in step.parameters()]
    return arrays(x.grad, h.grad, c.grad, *weights)


@alternate("lstm_sequence", "torch.nn.LSTM")
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    network = torch.nn.LSTM(xs.shape[2], h0.shape[1], dtype=torch.float64)
    with_weights(network, W_ih, W_hh, b_ih, b_hh)
    inputs, h, c = tensors(xs, h0[np.newaxis], c0[np.newaxis])
    hs, (h, c) = network(inputs, (h, c))
    return arrays(hs, h[0], c[0])


@alternate("gru_step", "torch.nn.GRUCell")
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    step = cell(torch.nn.GRUCell, x, h, W_ih, W_hh, b_ih, b_hh)
    return step(*tensors(x, h)).detach().numpy()


@alternate("clip_gradients", "all entries as one torch vector")
def clip_gradients(grads, max_norm):
    row = torch.cat([gradient.reshape(-1) for gradient in tensors(*grads)])
    norm = torch.linalg.vector_norm(row)
    if norm > max_norm:
        row = torch.nn.functional.normalize(row, dim=0, eps=1e-300) * max_norm
    parts = torch.split(row, [gradient.size for gradient in grads])
    return [
        part.numpy().reshape(gradient.shape) for part, gradient in zip(parts, grads, strict=True)
    ], norm.item()
