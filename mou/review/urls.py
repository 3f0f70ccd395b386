"""Addresses of the review at the end."""

from django.urls import path

from mou.review import views, views_list

urlpatterns = [
    path("referrals/<int:referral>/review/", views.review, name="review"),
    path("referrals/<int:referral>/feedback/", views.feedback, name="feedback"),
    path("reviews/<int:review>/place/", views.place_after, name="place_after"),
    path("reviews/", views_list.reviews, name="reviews"),
]
