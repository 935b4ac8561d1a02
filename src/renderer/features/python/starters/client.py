"""A tiny client: says its name, and shows the answer."""
import socket

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
# fails where no server listens
client.connect(('127.0.0.1', 9999))

client.sendall(b'student')
answer = client.recv(1024)
print('the server answered', answer)
client.close()
