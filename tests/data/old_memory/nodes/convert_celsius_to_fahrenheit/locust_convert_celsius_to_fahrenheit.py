from locust import User
