import copy


def history(board, moves):
    boards = [copy.deepcopy(board)]
    for row, column, value in moves:
        board = copy.deepcopy(board)
        board[row][column] = value
        boards.append(copy.deepcopy(board))
    return boards
